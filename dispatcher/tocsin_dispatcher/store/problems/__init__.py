"""Problems: messages that can't be delivered, receivers that take nothing, and who was told."""
