@fault:ipv6 @req:FLT-16 @cap:shared-eni @cap:dual-stack
Feature: IPv6 that is ready
  What ADD told can be used at once, and a pod has both families or is none.

  Scenario: ADD leaves no address tentative where the sandbox asks to look for duplicates
    The same sandbox does look for duplicates of an address of somebody else.

    Given a node "n1"
    And a sandbox "a" on "n1"
    And the sandbox "a" looks for duplicates of new addresses
    When the runtime adds "a"
    Then it succeeds
    And what ADD told of "a" is there, ready for use
    And no address of "a" is tentative, unlike one of somebody else before

  @serial
  Scenario: Without an IPv6 address there is no pod, and no half of one
    Given a node "n1" with:
      | config min_pool_size    | 0       |
      | config max_pool_size    | 0       |
      | config address_rest     | "200ms" |
      | config allocate_timeout | "5s"    |
    And a pod "z" on "n1"
    And the state of node "n1" is noted
    And a pod "b" on "n1"
    And the state of node "n1" is noted in between
    And the runtime deletes "b"
    And a sandbox "a" on "n1"
    Then pods, cloud, kernel and reports of "n1" come to agree
    And the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the cloud refuses AssignIpv6Addresses with InvalidOperation.Ipv6CountExceeded as 403
    And the runtime adds "a"
    Then it fails, unlike "ADD b"
    And its error names "IPv6"
    And the node "n1" is as it was, unlike while "b" was there
    When the cloud is honest again
    Then "n1" comes to serve "a"
    And "a" has 1 IPv4 and 1 IPv6 address
    And "z" reaches the world over TCP with IPv6, under its own address
