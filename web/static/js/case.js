// Keys of a case's page: F8 opens the receipt, to be printed.

document.addEventListener("keydown", (event) => {
  if (event.key !== "F8" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) {
    return;
  }
  const receipt = document.querySelector("[data-key-f8]");
  if (receipt) {
    event.preventDefault();
    receipt.click();
  }
});
