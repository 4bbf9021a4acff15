"""One module per concept that is kept in the warehouse: what is read and written, in the domain's own terms."""
