"""Stand-ins for the two servers that Redraft talks to, for trying, developing and testing; never for production.

They are reached over HTTP only, and import nothing of the product nor of the clients that they serve.
"""
