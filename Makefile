# Each target installs what it lacks (scripts/deps) and needs nothing else than the .NET SDK, gcc, git and apt.
CONFIGURATION ?= Release
SOURCES := $(shell find src -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name packages.lock.json) $(wildcard Directory.*) conflist/config.json $(wildcard scripts/systemd/*)

# The kinds of machine, as Debian calls them: this one's, and those that packages are made for. An amd64 machine builds for both.
MACHINE := $(subst aarch64,arm64,$(subst x86_64,amd64,$(shell uname -m)))
BOTH := dist/amd64/srcroute dist/arm64/srcroute

SEEDS ?= 1-200
SECONDS_OF_CHAOS ?= 3600
KILLS ?= 10000

.PHONY: all test harm demo e2e e2e-boot e2e-kubernetes e2e-arm64 e2e-vm chaos kills bench image deb release package-test clean

all: dist/srcroute

# This machine's, under the name that the tests know.
dist/srcroute: dist/$(MACHINE)/srcroute
	ln -f dist/$(MACHINE)/srcroute dist/$(MACHINE)/srcroute.dbg dist/

dist/%/srcroute: $(SOURCES)
	scripts/deps build $(if $(filter-out $(MACHINE),$*),cross)
	dotnet publish src/CniSrcRoute -c $(CONFIGURATION) -p:Machine=$(subst amd64,x64,$*) -o dist/$*/publish --nologo -v quiet
	mv -f dist/$*/publish/srcroute dist/$*/publish/srcroute.dbg dist/$*/
	rm -rf dist/$*/publish

test: dist/srcroute
	scripts/deps test demo
	scripts/deps texts || true # what is missing is not tried
	scripts/deps e2e || true # skipped then; fails where CI is set
	dotnet test tests/CniSrcRoute.UnitTests -c $(CONFIGURATION) --nologo
	dotnet test tests/CniSrcRoute.Tests -c $(CONFIGURATION) --nologo
	dotnet run --project tests/CniSrcRoute.Harm -c $(CONFIGURATION) -- 1-12
	dotnet run --project tests/CniSrcRoute.Harm -c $(CONFIGURATION) -- chaos 40 1
	scripts/demo
	scripts/package-test texts kubernetes readme

# Random nodes and their neighbours, with and without the program: SEEDS=FIRST-LAST.
harm: dist/srcroute
	scripts/deps test
	dotnet run --project tests/CniSrcRoute.Harm -c Release -- $(SEEDS)

demo: dist/srcroute
	scripts/deps demo
	scripts/demo

# podman and containerd with the plugin in the chain; also a part of `make test`.
e2e: dist/srcroute
	scripts/deps test e2e
	dotnet test tests/CniSrcRoute.Tests -c $(CONFIGURATION) --nologo --filter FullyQualifiedName~CniSrcRoute.Tests.Runtimes

e2e-boot: dist/srcroute
	scripts/e2e-boot

e2e-kubernetes: $(BOTH)
	scripts/e2e-kubernetes

e2e-arm64: dist/arm64/srcroute
	scripts/e2e-arm64

e2e-vm: dist/srcroute
	scripts/e2e-vm

# Hard lives of watched nodes, for so many seconds; and the program killed at random instants, so many times.
chaos: dist/srcroute
	scripts/deps test
	dotnet run --project tests/CniSrcRoute.Harm -c Release -- chaos $(SECONDS_OF_CHAOS)

kills: dist/srcroute
	scripts/deps test
	KILLS=1000 KILL_EVERY=1 dotnet test tests/CniSrcRoute.Tests -c $(CONFIGURATION) --nologo --filter "FullyQualifiedName~.Kill"
	dotnet run --project tests/CniSrcRoute.Harm -c Release -- kills $(KILLS)

bench: dist/srcroute
	scripts/deps bench
	scripts/bench

image: $(BOTH)
	scripts/image

deb: $(BOTH)
	scripts/deb

release: $(BOTH)
	scripts/release

package-test: dist/srcroute $(BOTH)
	scripts/deps texts
	scripts/package-test

clean:
	rm -rf dist
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
