// Package onboard brings people onto a finished set-up and off it again.
//
// What lives here: opening a handover and checking it against the team's
// repository; the [Onboarding], a flow that makes a handed-over key the admin's
// own, writes the profiles and proves every environment and project; and, for
// the operator and the days after, handing over, the second factor, signing in
// and offboarding. All of it plans changes as data for the engine of package
// steps, which previews, confirms and applies them like any other.
//
// What does not live here: the nine steps and the executor (package steps), the
// editors of the AWS files (steps/files), running Terraform (steps/terraform)
// and everything a person sees (package ui).
package onboard
