// The page of no connection goes away by itself when there is one again.
addEventListener("online", () => location.reload());
