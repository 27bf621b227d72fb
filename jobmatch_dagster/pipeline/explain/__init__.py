"""Why a user's match with a posting is what it is: what is known, what stands out, and the page that shows it."""
