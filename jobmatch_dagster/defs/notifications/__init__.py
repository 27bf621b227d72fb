"""Assets of the stage notifications."""
