"""The protocol described by itself: the types that decode the wire write its page, its schema and the `.d.ts`."""
