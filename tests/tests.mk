# The proofs: what takes longer than `make grade`, or shows more. The lines with two marks are what `make help` prints.
##
## The proofs (doc/testing.md):
