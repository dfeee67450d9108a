"""Where everything is."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("stories.urls")),
]

handler400 = "stories.views.errors.bad_request"
handler404 = "stories.views.errors.not_found"
handler403 = "stories.views.errors.forbidden"
handler500 = "stories.views.errors.server_error"
