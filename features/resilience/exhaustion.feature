@cap:shared-eni
Feature: vSwitches without addresses, interfaces without owners

  @req:VSW-1 @fault:vswitch @serial
  Scenario: A full vSwitch is named, and pods are served once it has addresses
    Given the vSwitch "vsw-pods-a2" has 0 free addresses
    And a node "n1" with:
      | config vswitches        | {"cn-hangzhou-a": ["vsw-pods-a2"]} |
      | config allocate_timeout | "1s"                               |
    And a node "n2"
    And a pod "b" on "n2"
    And a sandbox "a" on "n1"
    When the runtime adds "a"
    Then it fails, unlike "ADD b"
    And an event of "n1" tells "vsw-pods-a2"
    When the vSwitch "vsw-pods-a2" comes to have 20 free addresses
    Then "n1" comes to serve "a"

  @req:VSW-2 @req:FLT-19 @fault:vswitch @serial
  Scenario: One full vSwitch does not stop growth on another
    Given the vSwitch "vsw-pods-a2" has 3 free addresses
    And a node "n1" with:
      | config vswitches                | {"cn-hangzhou-a": ["vsw-pods-a2", "vsw-pods-a"]} |
      | config vswitch_selection_policy | "ordered"                                        |
      | config allocate_timeout         | "20s"                                            |
    When 8 pods come to "n1"
    Then no two pods have an address in common
    And all pods of "n1" are on its secondary interfaces, 1 or more on one

  @req:VSW-2 @fault:vswitch @serial
  Scenario: A vSwitch that runs out under an interface leaves growth to another
    The interface has room for more; what lacks is addresses of its vSwitch.

    Given a node "n1" with:
      | config vswitches                | {"cn-hangzhou-a": ["vsw-pods-a2", "vsw-pods-a"]} |
      | config vswitch_selection_policy | "ordered"                                        |
      | config min_pool_size            | 0                                                |
      | config max_pool_size            | 0                                                |
      | config allocate_timeout         | "20s"                                            |
    And a pod "a" on "n1"
    When the vSwitch "vsw-pods-a2" comes to have 0 free addresses
    And 3 pods come to "n1"
    Then no two pods have an address in common
    And all pods of "n1" are on its secondary interfaces, 1 or more on one

  @req:LEAK-1 @fault:leak @serial
  Scenario: An interface that was made and never attached is collected
    The cloud makes interfaces and refuses to attach them; the node goes, and what
    was made for it must go, too.

    Given a node "n2"
    And a pod "b" on "n2"
    And the cloud refuses AttachNetworkInterface with NoPermission as 403
    And the cloud refuses DeleteNetworkInterface with NoPermission as 403
    And a node "n1" that asks to join with:
      | config min_pool_size | 3 |
      | config max_pool_size | 6 |
    Then the cloud comes to hold an interface without an instance
    When the node "n1" vanishes
    And the cloud is honest again
    Then the cloud comes to hold no interface without an instance, unlike as noted
