// Package troubleshoot finds out what is wrong with a set-up and plans what mends
// it. An [Examination] checks the laptop (its files, the environment, what Terraform
// left behind) and AWS (package account), each without looking at the text, and gives
// findings with evidence and the changes that mend them.
//
// What does not live here: naming what is behind a text (steps/diagnosis), applying
// the changes (steps/engine), editing files byte for byte (steps/files), running Terraform (steps/terraform) and
// everything a person sees (package ui).
package troubleshoot
