"""Embeds: single published cards inside other pages, such as a start page in Confluence or SharePoint.

A card is shown to whoever has its signed link, without sign-in, cookie or script, and only inside pages of the hosts it was made for.
It reads the latest publication, so it stays current and shows nothing that the pages and the API would hide.
"""
