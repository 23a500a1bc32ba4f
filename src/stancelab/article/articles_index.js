sortable(document.querySelector("#table"), () => {});
