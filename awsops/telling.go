package awsops

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"
)

// Waiting is a call whose answer is being waited for.
type Waiting struct {
	// Service is named as people know it: KMS. Region is empty for a service that
	// has none.
	Service, Region string
	// For is how long the call has been waiting.
	For time.Duration
}

// String says what is waited for, and that the wait can be broken off.
func (w Waiting) String() string {
	where := w.Service
	if w.Region != "" {
		where += " in " + w.Region
	}
	return "waiting for " + where + ", " + w.For.Round(time.Second).String() + ", Ctrl-C is safe"
}

// OnWaiting has tell called while an answer takes long, from goroutines of its
// own; the newest tell is used.
func (s *Sessions) OnWaiting(tell func(Waiting)) { s.telling.to.Store(&tell) }

// telling tells of calls that wait: of many to one service once in a while only.
type telling struct {
	every time.Duration
	to    atomic.Pointer[func(Waiting)]

	mu   sync.Mutex
	last map[[2]string]time.Time
}

// titles are the services as people know them.
var titles = map[string]string{
	"sts": "STS", "iam": "IAM", "kms": "KMS", "s3": "S3", "dynamodb": "DynamoDB",
	"sso": "Identity Center", "identitystore": "the identity store", "organizations": "Organizations", "account": "Account Management", "tagging": "the tagging API",
	"autoscaling": "Auto Scaling", "cloudwatch": "CloudWatch", "ec2": "EC2", "elasticfilesystem": "EFS",
	"elasticloadbalancing": "Elastic Load Balancing", "lambda": "Lambda", "logs": "CloudWatch Logs", "rds": "RDS",
	"route53": "Route 53", "route53domains": "Route 53 Domains", "sns": "SNS", "sqs": "SQS",
}

// ServiceName is a service as people know it, by the beginning of its actions in a
// policy; the beginning itself where that says as much.
func ServiceName(service string) string { return cmp.Or(titles[service], service) }

// begin watches one attempt of a call that has been waiting since begun, until
// the function that it returns is called.
func (t *telling) begin(service, region string, begun time.Time) (end func()) {
	if service == "iam" || service == "organizations" || service == "account" {
		region = "" // they have one endpoint for all regions
	}
	over := make(chan struct{})
	next := t.every - time.Since(begun)%t.every
	timer := time.NewTimer(next)
	go func() {
		defer timer.Stop()
		for {
			select {
			case <-over:
				return
			case <-timer.C:
				t.tell(Waiting{Service: titles[service], Region: region, For: time.Since(begun)})
				timer.Reset(t.every)
			}
		}
	}()
	return sync.OnceFunc(func() { close(over) })
}

// tell says it unless the same was said a moment ago for another call.
func (t *telling) tell(w Waiting) {
	to := t.to.Load()
	if to == nil {
		return
	}
	key := [2]string{w.Service, w.Region}
	t.mu.Lock()
	recent := time.Since(t.last[key]) < t.every/2
	if !recent {
		t.last[key] = time.Now()
	}
	t.mu.Unlock()
	if !recent {
		(*to)(w)
	}
}
