"""The results of cnnbench as its scripts read them: result.json, and figures in words with their units."""
