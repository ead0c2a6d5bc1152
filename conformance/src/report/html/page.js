document.querySelectorAll('button.copy').forEach(function (button) {
  button.addEventListener('click', function () {
    var text = button.parentElement.querySelector('code').textContent;
    var done = function (word) {
      button.textContent = word;
      setTimeout(function () { button.textContent = 'Copy'; }, 1500);
    };
    var select = function () {
      var range = document.createRange();
      range.selectNodeContents(button.parentElement.querySelector('code'));
      var selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      done(document.execCommand('copy') ? 'Copied' : 'Selected');
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(function () { done('Copied'); }, select);
    } else {
      select();
    }
  });
});
var find = document.getElementById('find');
if (find) {
  find.addEventListener('input', function () {
    var word = find.value.trim().toLowerCase();
    document.querySelectorAll('.heat tbody tr').forEach(function (row) {
      row.hidden = word !== '' && row.dataset.table.toLowerCase().indexOf(word) < 0;
    });
  });
}
addEventListener('beforeprint', function () {
  document.querySelectorAll('details').forEach(function (details) { details.open = true; });
});
addEventListener('hashchange', function () {
  var target = document.getElementById(location.hash.slice(1));
  var details = target && target.closest('details');
  if (details) { details.open = true; }
});
