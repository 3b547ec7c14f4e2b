"""Convolutional networks that compute feature maps of decreasing resolution from an image."""
