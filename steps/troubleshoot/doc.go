// Package troubleshoot finds out what is wrong with a set-up and plans what mends
// it. Read takes an error text of any size down to what matters, and Diagnose
// names what is behind it, causes before consequences; both are pure text. An
// [Examination] checks the laptop (its files, the environment, what Terraform
// left behind) and AWS, each without looking at the text, and gives findings with
// evidence and the changes that mend them.
//
// What does not live here: applying the changes (package steps), editing files
// byte for byte (steps/files), running Terraform (steps/terraform) and everything
// a person sees (package ui).
package troubleshoot
