"""From a folder of docs to passages that answer a question: read, split, index, retrieve."""
