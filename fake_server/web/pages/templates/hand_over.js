(async () => {
  const status = document.getElementById("status");
  const token = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  if (!token) {
    status.textContent = "There is no token behind the # of this page's address. Open the link that you were given once more.";
    return;
  }
  try {
    const answer = await fetch("/aws_mwaa/login", {
      method: "POST",
      body: new URLSearchParams({ token }),
      credentials: "same-origin",
    });
    if (answer.ok) {
      location.replace("/home");
      return;
    }
    // The refusal is a page too, which says why and what to do: show it in place of this one.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const words = page.querySelector("main");
    if (!words) {
      status.textContent = `The token was not accepted: the web server answered ${answer.status}.`;
      return;
    }
    document.title = page.title;
    document.querySelector("main").replaceWith(words);
    words.focus();
  } catch (error) {
    status.textContent = "The web server could not be reached. Open the link that you were given once more.";
  }
})();
