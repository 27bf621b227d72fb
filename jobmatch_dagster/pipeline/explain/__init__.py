"""Why a user's match with a posting is what it is: facts, what stands out in them, and the page that tells it."""
