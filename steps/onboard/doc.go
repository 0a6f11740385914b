// Package onboard brings people onto a finished set-up and off it again.
//
// What lives here: the [Onboarding], a flow that makes a handed-over key the admin's
// own, writes the profiles and proves every environment and project; and, for
// the operator and the days after, handing over, the second factor, signing in
// and offboarding. All of it plans changes as data for the engine, which previews,
// confirms and applies them like any other.
//
// A look of onboarding is made of parts, each a function from what came before to a
// value: inputs → identity → keys → second factor and session → profiles → projects
// → proof. What they tell on the way goes into one report.
//
// What does not live here: the nine steps (package steps), the executor
// (steps/engine), opening a handover (steps/handover), the editors of the AWS files
// (steps/files), running Terraform (steps/terraform) and everything a person sees
// (package ui).
package onboard
