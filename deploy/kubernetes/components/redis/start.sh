# Starts Redis with a user for each password of the Secret. A user reaches only its own keys, which stand beside it in the
# file `users`. With an empty password, or without any, Redis does not start.
set -eu
passwords=${PASSWORDS_FOLDER:-/run/assay/cache}
acl="${ACL_FOLDER:-/tmp}/users.acl"
umask 077
printf 'user default off\n' > "$acl"
while read -r user rules; do
  case $user in '' | '#') continue ;; esac
  [ -e "$passwords/$user" ] || continue
  password=$(cat "$passwords/$user")
  [ -n "$password" ]
  digest=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
  printf 'user %s on #%s %s\n' "$user" "$digest" "$rules" >> "$acl"
done < "$(dirname "$0")/users"
[ "$(wc -l < "$acl")" -gt 1 ]
exec redis-server "$@" --aclfile "$acl"
