"""The review page: Review, History, Ask and Questions. Streamlit is used here and nowhere else."""
