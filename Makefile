# Each target installs what it lacks (scripts/deps) and needs nothing else than the .NET SDK, gcc, git and apt.
CONFIGURATION ?= Release
SOURCES := $(shell find src -name '*.cs' -o -name '*.csproj' -o -name '*.props') Directory.Build.props conflist/config.json $(wildcard scripts/systemd/*)

SEEDS ?= 1-200

.PHONY: all test harm demo e2e e2e-boot soak bench image deb release package-test clean

all: dist/srcroute

dist/srcroute: $(SOURCES)
	scripts/deps build
	dotnet publish src/CniSrcRoute -c $(CONFIGURATION) -o dist/publish --nologo -v quiet
	mv -f dist/publish/srcroute dist/publish/srcroute.dbg dist/
	rm -rf dist/publish

test: dist/srcroute
	scripts/deps test demo
	scripts/deps texts || true # what is missing is not tried
	dotnet test CniSrcRoute.sln -c $(CONFIGURATION) --nologo
	dotnet run --project tests/CniSrcRoute.Harm -c Release -- 1-40
	scripts/demo
	scripts/package-test texts kubernetes readme
	scripts/e2e

# Random nodes and their neighbours, with and without the program: SEEDS=FIRST-LAST.
harm: dist/srcroute
	scripts/deps test
	dotnet run --project tests/CniSrcRoute.Harm -c Release -- $(SEEDS)

demo: dist/srcroute
	scripts/deps demo
	scripts/demo

e2e: dist/srcroute
	scripts/e2e

e2e-boot: dist/srcroute
	scripts/e2e-boot

soak: dist/srcroute
	scripts/deps demo
	scripts/soak 3600

bench: dist/srcroute
	scripts/deps bench
	scripts/bench

image: dist/srcroute
	scripts/image

deb: dist/srcroute
	scripts/deb

release: dist/srcroute
	scripts/release

package-test: dist/srcroute
	scripts/deps texts
	scripts/package-test

clean:
	rm -rf dist
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
