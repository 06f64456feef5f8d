// The page of no connection goes away by itself when there is one again.
export default (signal) => {
  addEventListener("online", () => location.reload(), { signal });
};
