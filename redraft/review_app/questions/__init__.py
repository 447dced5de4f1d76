"""The parts of the page Questions: what is changed but not saved, the table, and ways to add. Pure parts say so."""
