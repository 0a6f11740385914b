// Package troubleshoot names what is behind an error text of Terraform or
// OpenTofu: Read takes a text of any size down to what matters, and Diagnose
// answers an ordered list of diagnoses, causes before consequences.
//
// It is pure text. It asks AWS nothing, opens no file and knows no project; the
// checks that confirm a diagnosis and the changes that mend it live elsewhere.
package troubleshoot
