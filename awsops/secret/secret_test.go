package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"stateroom/awsops/secret"
)

const text = "wJalrXUtnFEMI/K7MDENG"

func TestSecretNeverShowsItsText(t *testing.T) {
	s := secret.New(text)
	nested := struct {
		Name   string
		Value  secret.Secret
		Ptr    *secret.Secret
		hidden secret.Secret
	}{"x", s, &s, s}

	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %[1]v", "%p"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", nested)
		fmt.Fprintf(&out, verb+"\n", []secret.Secret{s})
		fmt.Fprintf(&out, verb+"\n", map[string]secret.Secret{"k": s})
	}
	for _, v := range []any{s, &s, nested, map[secret.Secret]int{s: 1}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "s", s, "n", nested)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "s", s, "n", nested)
	out.WriteString(log.String())
	_ = fmt.Errorf("wrapped: %v", s)

	if strings.Contains(out.String(), text) || strings.Contains(out.String(), text[:4]) {
		t.Fatalf("the text leaked:\n%s", out.String())
	}
	if !strings.Contains(out.String(), secret.Redacted) {
		t.Fatal("nothing says that something is hidden")
	}
}

func TestRevealGivesTheTextBack(t *testing.T) {
	if got := secret.New(text).Reveal(); got != text {
		t.Fatalf("got %q", got)
	}
	var zero secret.Secret
	if !zero.IsZero() || zero.Reveal() != "" || !secret.New("").IsZero() {
		t.Fatal("the zero value must be an absent secret")
	}
	if secret.New("x").IsZero() {
		t.Fatal("a secret with text is not zero")
	}
}

func TestEqualTextsAreNotEqualSecrets(t *testing.T) {
	a, b := secret.New(text), secret.New(text)
	if a == b {
		t.Fatal("== would let a comparison leak whether two secrets are the same")
	}
}
