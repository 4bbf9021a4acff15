"""Filings from SEC EDGAR: submissions, companyfacts, the daily index and the documents themselves."""
