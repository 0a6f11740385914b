package practice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
)

// Serve runs a sandbox without a stage on addr until the context ends, whose
// error it returns, after printing the environment that points the AWS CLI and Terraform to it. The
// secret among it opens nothing but this sandbox.
func Serve(ctx context.Context, addr string, o Options, out io.Writer) error {
	if !loopback(addr) {
		return fmt.Errorf("the sandbox is served on this machine alone, and %s is no loopback address: give --listen 127.0.0.1:PORT", addr)
	}
	server := sandbox.New(sandbox.Options{Accounts: o.Accounts, Latency: o.Latency})
	if err := server.Start(ctx, addr); err != nil {
		return fmt.Errorf("the sandbox cannot be started: %w", err)
	}
	operator := server.Operator()
	_, err := fmt.Fprintf(out, "export AWS_ENDPOINT_URL=%s\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\nexport AWS_REGION=%s\n",
		server.URL(), operator.AccessKeyID, operator.SecretAccessKey, steps.DefaultStateRegion)
	if err == nil {
		<-ctx.Done()
		err = fmt.Errorf("the sandbox was ended: %w", ctx.Err())
	}
	return errors.Join(err, server.Close())
}

// loopback tells whether an address is reached from this machine alone: what
// the sandbox takes for secure transport is none on a network.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
