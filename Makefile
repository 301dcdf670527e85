.PHONY: run test check bench nano addon
run: ; python -m pip install . && brickgpt generate "a high-backed chair with armrests"
test: ; python -m pip install -e ".[test]" && python -m pytest
check: ; ruff check . && ruff format --check . && mypy && lint-imports && python -m pytest
bench: ; set -e; for script in benchmarks/[a-z]*.py; do python "$$script" --quick; done
nano: ; python -m training nano
addon: ; python blender_addon/tools/pack.py
