<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Files</title>
  <link rel="stylesheet" href="{{root}}/static/style.css">
</head>
<body>
  <h1>Files</h1>
  <form method="post" action="{{root}}/upload" enctype="multipart/form-data">
    <label>File <input type="file" name="file" required></label>
    <label>Note <input name="note"></label>
    <button>Upload</button>
  </form>
  <ul>
    % for file in files:
    <li>
      <a href="{{root}}/files/{{file['id']}}">{{file['name']}}</a> {{file['size']}} bytes {{file['note']}}
      <form method="post" action="{{root}}/files/{{file['id']}}/delete"><button>Delete</button></form>
    </li>
    % end
  </ul>
</body>
</html>
