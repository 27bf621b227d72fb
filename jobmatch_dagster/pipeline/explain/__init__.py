"""Why a user's match with a posting is what it is: its data, the findings, and the page that shows them."""
