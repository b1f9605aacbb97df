"use strict";
// Moves the progress bars while somebody looks. Without it the page is whole; "Show the newest state" does the same.
const table = document.querySelector("[data-jobs]");
if (table && window.EventSource) {
  const events = new EventSource("/jobs/progress");
  events.addEventListener("jobs", (event) => {
    const told = JSON.parse(event.data);
    for (const job of told.running) {
      const bar = document.getElementById(`progress-${job.number}`);
      if (bar && job.total) {
        bar.max = job.total;
        bar.value = job.done;
      }
      const pages = document.getElementById(`pages-${job.number}`);
      if (pages && job.pages) pages.textContent = String(job.pages);
    }
    document.getElementById("changed").hidden = told.signature === table.dataset.jobs;
  });
  window.addEventListener("pagehide", () => events.close());
}
