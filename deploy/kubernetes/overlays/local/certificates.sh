#!/bin/sh
# Makes a certificate authority and one certificate for the servers of a trial, valid for a year, and prints them as the
# Secret nats-tls and the config map bus-ca. Needs openssl and kubectl:
#   sh certificates.sh | kubectl apply -f -
set -eu
namespace=${1:-assay}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# localhost: for whoever comes through "kubectl port-forward".
names="DNS:localhost,DNS:nats,DNS:nats.$namespace.svc,DNS:*.nats-headless,DNS:signing-journal-operator,DNS:*.signing-journal-operator"
printf 'subjectAltName=%s\n' "$names" > names
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> log; }
{ new_key ca.key && new_key tls.key \
  && openssl req -x509 -new -key ca.key -days 365 -subj '/CN=Assay trial' -out ca.crt \
  && openssl req -new -key tls.key -subj /CN=nats -out tls.csr \
  && openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile names -out tls.crt; } 2> log \
  || { cat log >&2; exit 1; }
as_yaml='--dry-run=client --output=yaml'
# shellcheck disable=SC2086
kubectl create secret generic nats-tls --namespace "$namespace" --from-file tls.crt --from-file tls.key $as_yaml
echo ---
# shellcheck disable=SC2086
kubectl create configmap bus-ca --namespace "$namespace" --from-file ca.crt $as_yaml
