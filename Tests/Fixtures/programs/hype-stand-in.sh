#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for a provider's status command: behaves as its first argument says; needs nothing from its environment.
PATH=/usr/bin:/bin
case "$1" in
say) cat > /dev/null; printf '%s' "$2"; exit "${3:-0}" ;;
octal) printf "$2"; exit "${3:-0}" ;;
status) cat > /dev/null; printf '{"identifier":"","status":"%s"}' "$2" ;;
fault) cat > /dev/null; printf '{"identifier":"","fault":"%s"}' "$2"; exit 1 ;;
unread) printf '{"status":"created"}' ;;
echo) cat ;;
environment) env -u PWD -u SHLVL -u _ -u PATH ;;
descriptors) ls -l /proc/self/fd ;;
signals) grep -E '^Sig(Blk|Ign)' /proc/self/status ;;
group) ps -o pid= -o pgid= -p $$ ;;
hang) printf '{"status":"completed_success"}'; exec sleep 1000 ;;
stubborn) trap '' TERM INT HUP; while :; do sleep 1000; done ;;
flood) exec cat /dev/zero ;;
noise) cat /dev/zero | head -c 1000000 >&2; printf '{"status":"created"}' ;;
closed) exec >&-; sleep 0.05; exit 3 ;;
grandchild) sleep 1000 & printf '{"status":"created"}' ;;
pids) sleep 1000 & printf '%s' "$!" ;;
killed) kill -9 $$ ;;
*) exit 64 ;;
esac
