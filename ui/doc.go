// Package ui is how a person meets stateroom: the command line (command, with help and
// complete), what opens and ends a run (session), screens (tui), lines and JSON events
// (plain), practice in the sandbox (practice), and what screens and lines say alike (words).
// Here lives no code, only the rules for every string that a person can meet, wherever in
// the program it is written.
//
// # How stateroom writes
//
// The reader is an engineer who is busy, reads English as a second language as often
// as not, and knows AWS, Terraform and gh. So:
//
//   - The answer first: what is so now, for whom. Then what to do. Then the evidence.
//     Counts, ids and ARNs come last.
//   - In the words of AWS and Terraform: MFA, initialize, setup, apply, sign in. One word
//     for one thing: fix, never mend; project, environment, finding, change.
//   - Who acts is the subject, and verbs are plain: "Ask the operator to …", "Run …",
//     "Check …". Contractions, jokes and exclamation marks are for nobody in a hurry.
//   - Sentence case, in titles too. A sentence ends with a full stop; a label, a choice
//     and a key's help do not. A label names a thing and is no instruction.
//   - A command stands whole, as it is typed, and no full stop touches it where it stands
//     on a line of its own. A name that the reader has to fill in is in CAPITALS.
//   - Bad input gets one sentence: what is wrong, where, what to do. What was not changed
//     is said where somebody could fear that it was.
//   - What worked is said with a mark of success and in the past tense; nothing is claimed
//     that was not asked of AWS, and who asked it is named.
//   - What is offered works. A key that has nothing to do where the cursor is says why,
//     and nothing is chosen where nothing is suggested.
//   - No internal id where a name would do, and no word for our own workings: look,
//     round, review, word, right (as a status).
//
// Before and after:
//
//	"%q is no good as a state key"                → "%q is not a valid state key"
//	"Let the operator run stateroom setup."       → "Ask the operator to run stateroom setup."
//	"What is wrong is mended by hand"             → "These need fixing by hand"
//	"1 of them needs a word of yours first."      → "1 of them needs your confirmation first."
//	"This cannot be taken back. To agree, type
//	 what it is about:"                           → "This cannot be undone. To confirm, type its name:"
//	"Nothing to do: it was kept."                 → "No action needed: it was kept."
//	"Everything is right already."                → "Everything already matches."
//	"The role asks for a second factor"           → "The role requires MFA"
//	"Correct the file, then run it again."        → "Correct the file, then run the command again."
//	"Seeing an admin off"                         → "Offboarding an admin"
//
// What these rules have taken out is listed in ui/wordstest, which holds every string of
// the program, every screen of the goldens and every line of the flows to them.
package ui
