// Builds CoreDNS with only the plugins that cluster DNS needs.
module signalbox.dev/testkit/coredns

go 1.25.0

require github.com/coredns/coredns v1.13.1
