"""When a person worked and for how long, as the lines of a CV say: dates, periods, stated numbers of years."""
