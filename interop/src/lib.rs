//! Nothing by itself: the tests beside it talk to servers that others wrote.
