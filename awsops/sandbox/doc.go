// Package sandbox is AWS inside the process: STS, IAM, Organizations, Account,
// the tagging API, KMS, S3, DynamoDB and IAM Identity Center on one loopback port, in
// the wire protocols that aws-sdk-go-v2, the AWS CLI and Terraform speak.
//
// Signatures are verified and policies are evaluated, so that a refusal is the
// refusal AWS would give, in its words. Everything lives in memory and goes
// with the process. What a test wants to know is in [Server.Log]; what it
// wants to go wrong it asks for with [Options] and [Server.Intercept].
//
// It is a rehearsal stage, not an emulator. What it does not do:
//
//   - Operations: it knows those that stateroom and its practice faults call,
//     Terraform's and OpenTofu's S3 back end, the commands that stateroom and
//     its README give, and what tests bring about. Any other one is refused.
//   - DynamoDB's expressions: attribute_not_exists(NAME), NAME = :value and a
//     projection on names. KMS encrypts nothing: data keys are random.
//   - MFA Delete takes any code from whoever may set the versioning, a bucket that is
//     replicated is copied nowhere, and nobody pays for a request.
//   - Regions are names: STS, IAM and Organizations answer in any of them that the
//     account has enabled, and enabling one takes no time.
//   - Identity: no SAML, federation tokens, service-linked
//     roles, instance profiles, server certificates or hardware MFA. Console
//     passwords, SSH keys, signing certificates and service credentials are
//     kept and listed, and nobody takes them. Tags on a principal are known to
//     conditions; session tags, session policies and source identities are not.
//   - OpenID Connect: every https URL is an issuer with a key pair of its own, published
//     below /oidc/, and whoever asks GET /oidc/token?iss=…&sub=…&aud=… is given a token.
//     IAM fetches nothing, so that thumbprints have no say.
//   - AWS's managed policies are a dozen (see awsPolicies), the read-only ones
//     cut to the services above.
//   - IAM Identity Center: one instance in one region, without applications, AWS
//     managed or inline policies in permission sets, and attributes for access control.
//     Who is at the browser agrees or refuses at once ([Server.SignIn]), so that no page
//     is served. Nobody signs what people sign in with, so that its region is not known
//     and a wrong sso_region goes unnoticed.
//   - Organizations: no organizational units, no policies but service control
//     ones, no invitations, no moving or closing of accounts. An account under
//     way is there on the second look at it.
//   - Answers are consistent at once, unless [Options.Lag] has them lag; so are
//     authentication and authorization, but for [Options.Propagation].
//   - Of principals in a resource's policy, sessions of a role
//     (assumed-role/ROLE/SESSION) keep their ARN when the role is deleted.
//   - Signatures in an address, over the chunks of a body, SigV4a, and TLS: the
//     loopback port counts as secure transport.
//   - Billing, quotas by request, CloudTrail and every service not named above.
//
// Each service is a type with its state and its table of operations, over a core
// that knows who asks, what they may, and the time. A [Server] takes requests
// for them. One lock guards all state. It is held while a request is worked on and never
// while one waits ([Options.Latency]), so calls wait side by side.
package sandbox
