"""Training, from a folder of photographs and a painting to a model file."""
