"""Networks of other people's, read into ours."""
