// Package ptytest gives tests a real pseudo-terminal: programs run in it as a
// person runs them, type by type, and what they have shown can be waited for.
//
// What does not live here: what is typed and what has to be shown (the tests).
// Only Linux has it; on other systems the package is empty.
package ptytest
