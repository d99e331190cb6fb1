.DEFAULT_GOAL := help
.PHONY: help run test race lint fmt fuzz bench ci

help: ## what there is to make
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 14

run: ## the app, with its embedded server
	go run .

test: ## every test
	go test ./...

race: ## every test under the race detector
	go test -race ./...

lint: ## formatting, go vet and golangci-lint (the first time builds it: two minutes)
	@.ci/run format vet lint

fmt: ## format the Go files in place
	@.ci/run fmt

fuzz: ## every fuzz target in turn; longer with P4P_FUZZTIME=1000000x
	@.ci/run fuzz

bench: ## every benchmark, six times, for benchstat
	go test -run '^$$' -bench . -benchmem -count 6 ./...

ci: ## all that the build machine checks
	@.ci/run
