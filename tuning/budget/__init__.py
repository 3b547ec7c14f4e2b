"""What will it cost? Forecasts of time."""
