// Package sandbox is AWS inside the process: STS, IAM, Organizations, Account,
// the tagging API, KMS, S3 and DynamoDB on one loopback port, in the wire
// protocols that aws-sdk-go-v2, the AWS CLI and Terraform speak.
//
// Signatures are verified and policies are evaluated, so that a refusal is the
// refusal AWS would give, in its words. Everything lives in memory and goes
// with the process. What a test wants to know is in [Server.Log]; what it
// wants to go wrong it asks for with [Options] and [Server.Intercept].
//
// It is a rehearsal stage, not an emulator. What it does not do:
//
//   - Regions are names: STS, IAM and Organizations answer in any of them, and
//     a disabled opt-in region is listed as such but not refused.
//   - Identity: no SAML, web identity, SSO, federation tokens, console
//     passwords, service-linked roles, instance profiles, server certificates
//     or signing certificates. Tags on a principal are known to conditions,
//     session tags are not.
//   - Organizations: no resource control, tag or backup policies, invitations,
//     moving or closing of accounts. An account is created in two polls.
//   - Resource policies name principals by ARN; the ARN of a deleted role is
//     not rewritten to its id, so a role made again under its old name is
//     trusted again.
//   - SigV4a, signed event streams and TLS: the loopback port counts as secure
//     transport.
//   - Billing, quotas by request, CloudTrail and every service not named above.
//
// One lock guards all state. It is held while a request is worked on and never
// while one waits ([Options.Latency]), so calls wait side by side.
package sandbox
