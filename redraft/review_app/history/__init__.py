"""The parts of the page History, one idea a file; each section is drawn only while it is looked at."""
