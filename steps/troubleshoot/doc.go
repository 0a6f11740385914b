// Package troubleshoot finds out what is wrong with a set-up and plans what mends
// it. A [HealthCheck] lets the laptop and AWS be checked at once, each without looking
// at the text that led to it, makes one report of both, and puts beside it what
// Terraform said.
//
// What does not live here: the checks of this laptop (troubleshoot/laptop) and of the
// accounts (troubleshoot/account) and what they share (troubleshoot/health), naming
// what is behind a text (steps/diagnosis), applying the changes (steps/engine), and
// everything a person sees (package ui).
package troubleshoot
