/**
 * Readings under the pointer: the only script of a page of plots, which is whole without it. It takes its figures from the plots' own attributes, writes text
 * only, and has no `<` and no `&`, so that it may stand in a `script` element of HTML and XML.
 */
export const hoverScript = `
(function () {
  'use strict';
  var boxes = Array.prototype.slice.call(document.querySelectorAll('[data-readings]'));
  var mark = function (box, share) {
    var hair = box.querySelector('.hair') || box.appendChild(document.createElement('div'));
    hair.className = 'hair';
    hair.style.left = share * 100 + '%';
  };
  var clear = function () {
    document.querySelectorAll('.hair,.tip').forEach(function (each) { each.remove(); });
  };
  var grouped = function (value) { return String(value).replace(/\\B(?=(\\d{3})+$)/g, ','); };
  boxes.forEach(function (box) {
    var readings = JSON.parse(box.getAttribute('data-readings'));
    var columns = readings.rows.length ? readings.rows[0].length : 0;
    var show = function (event) {
      var edges = box.getBoundingClientRect();
      var share = Math.min(0.9999, Math.max(0, (event.clientX - edges.left) / edges.width));
      var column = Math.floor(share * columns);
      clear();
      if (columns === 0) return;
      boxes.forEach(function (other) {
        if (other === box || (box.dataset.axis ? other.dataset.axis === box.dataset.axis : false)) mark(other, share);
      });
      var tip = document.createElement('div');
      tip.className = 'tip';
      var head = document.createElement('b');
      head.textContent = readings.labels ? readings.labels[column]
        : new Date(readings.at + column * readings.step).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';
      tip.appendChild(head);
      readings.names.forEach(function (name, row) {
        var value = readings.rows[row][column];
        var text = document.createElement('i');
        text.textContent = name[0] + ': ' + (value === null ? '–' : grouped(value) + (name[1] ? ' ' + name[1] : ''));
        tip.appendChild(text);
      });
      box.appendChild(tip);
      if (share > 0.5) tip.style.right = (1 - share) * 100 + 1 + '%';
      else tip.style.left = share * 100 + 1 + '%';
    };
    box.addEventListener('pointermove', show);
    box.addEventListener('pointerdown', show);
    box.addEventListener('pointerleave', clear);
  });
})();
`.trim();
